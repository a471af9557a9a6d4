import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readMessage, readMessageText } from './read-message.ts';

function record(eventSource: string, key: unknown, eventName = 'ObjectCreated:Put') {
  return {
    eventVersion: '2.1',
    eventSource,
    eventName,
    s3: { bucket: { name: 'b' }, object: { key } },
  };
}

function keysOf(message: unknown): readonly string[] {
  const read = readMessage(message);
  return read.kind === 'events' ? read.events.map((event) => event.key) : [];
}

describe('messages of stores', () => {
  test('keys are decoded as their sender wrote them', () => {
    const written = 'a+b/%C3%BC%2B%2525';
    assert.deepEqual(keysOf({ Records: [record('aws:s3', written)] }), ['a b/ü+%25']);
    assert.deepEqual(keysOf({ Records: [record('minio:s3', 'a%2Fb+c')] }), ['a/b c']);
    assert.deepEqual(keysOf({ Records: [record('ceph:s3', written)] }), [written]);
  });

  test('only creations count as such, however they are called', () => {
    const kindOf = (name: string, source = 'aws:s3') => {
      const read = readMessage({ Records: [record(source, 'k', name)] });
      return read.kind === 'events' ? read.events[0]?.kind : undefined;
    };
    assert.equal(kindOf('ObjectCreated:CompleteMultipartUpload'), 'created');
    assert.equal(kindOf('s3:ObjectCreated:Put', 'minio:s3'), 'created');
    assert.equal(kindOf('ObjectCreated:Copy', 'ceph:s3'), 'created');
    assert.equal(kindOf('ObjectRemoved:Delete'), 'other');
    assert.equal(kindOf('xObjectCreated:Put'), 'other');
  });

  test('MinIO’s members beside the records don’t matter', () => {
    const message = {
      EventName: 's3:ObjectCreated:Put',
      Key: 'b/other',
      Records: [record('minio:s3', 'k')],
    };
    assert.deepEqual(keysOf(message), ['k']);
  });

  test('EventBridge, whose keys are as they are', () => {
    const event = {
      version: '0',
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: 'b' }, object: { key: 'a+b%20', size: 5 }, reason: 'PutObject' },
    };
    const read = readMessage(event);
    assert.deepEqual(read, {
      kind: 'events',
      events: [{ kind: 'created', bucket: 'b', key: 'a+b%20' }],
      unreadable: 0,
    });
    assert.equal(readMessage({ ...event, source: 'aws.ec2' }).kind, 'unreadable');
  });

  test('what SNS passes on', () => {
    const envelope = (inner: unknown) =>
      JSON.stringify({ Type: 'Notification', TopicArn: 't', Message: JSON.stringify(inner) });
    const read = readMessageText(envelope({ Records: [record('aws:s3', 'k')] }));
    assert.equal(read.kind === 'events' && read.events[0]?.key, 'k');
    const test = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' };
    assert.equal(readMessageText(envelope(test)).kind, 'test');
    assert.equal(readMessageText(envelope(JSON.parse(envelope(test)))).kind, 'unreadable');
    assert.equal(readMessage({ Type: 'Notification', Message: '{' }).kind, 'unreadable');
  });

  test('unreadable records don’t hold up the others', () => {
    const Records = [
      record('aws:s3', '%zz'),
      record('aws:s3', 7),
      record('someone:else', 'k'),
      null,
      'text',
      record('aws:s3', 'good'),
      { eventSource: '__proto__', eventName: 'x', s3: {} },
    ];
    const read = readMessage({ Records });
    assert.deepEqual(read, {
      kind: 'events',
      events: [{ kind: 'created', bucket: 'b', key: 'good' }],
      unreadable: 6,
    });
    assert.equal(readMessage({ Records: Records.slice(0, 5) }).kind, 'unreadable');
    assert.deepEqual(readMessage({ Records: [] }), { kind: 'events', events: [], unreadable: 0 });
  });

  test('anything else is unreadable and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (value) => {
        const { kind } = readMessage(value);
        assert.ok(['events', 'test', 'unreadable'].includes(kind));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(readMessageText(text).kind, 'unreadable');
      }),
    );
  });
});
