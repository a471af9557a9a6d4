import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { children, childText, parseXml, xmlDocument } from './xml.ts';

describe('XML', () => {
  it('comes back as it was written, whatever text it holds', () => {
    const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' })), (texts) => {
        const read = parseXml(xmlDocument('Root', texts), 'Root');
        for (const [key, text] of Object.entries(texts)) assert.equal(childText(read, key), text);
      }),
    );
  });

  it('may have prefixes, attributes, comments, CDATA and references', () => {
    const text = `\ufeff<?xml version="1.0"?><!-- a --><s3:Delete xmlns:s3='x' a="1>2"><s3:Object>
      <Key> a&amp;b&#x20;&#8364;<![CDATA[<&>]]> </Key></s3:Object><Object><Key/></Object></s3:Delete>`;
    const keys = children(parseXml(text, 'Delete'), 'Object').map((one) => childText(one, 'Key'));
    assert.deepEqual(keys, [' a&b €<&> ', '']);
  });

  for (const [what, text] of [
    ['a bomb', '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><Delete>&d;</Delete>'],
    ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><Delete/>'],
    ['an unknown entity', '<Delete>&nbsp;</Delete>'],
    ['a bare ampersand', '<Delete>a & b</Delete>'],
    ['an unclosed element', '<Delete><Object>'],
    ['crossed elements', '<Delete><a><b></a></b></Delete>'],
    ['text around', '<Delete/>x'],
    ['another root', '<Remove/>'],
    ['nothing', ''],
    ['endless depth', '<a>'.repeat(100_000)],
    ['a tag without an end', `<Delete ${' '.repeat(100_000)}`],
    ['too large a reference', '<Delete>&#x110000;</Delete>'],
    ['the name of a prototype', '<__proto__><Key>x</Key></__proto__>'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parseXml(text, 'Delete'), { code: 'MalformedXML' });
    });
  }
});
