import { isIPv6 } from 'node:net';

/**
 * What counts as one address for limits. Of IPv6 that is the /64, which any one customer has whole;
 * IPv4 written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
 */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? `${firstGroups(address).join(':')}::/64`;
}

/** The first four of eight groups, without leading zeros; `::` stands for as many zeros as lack. */
function firstGroups(address: string): readonly string[] {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4);
}

/** A dotted end (`64:ff9b::192.0.2.1`) takes the room of two groups. */
function groupsOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return ['0', '0'];
    return [Number.parseInt(group, 16).toString(16)];
  });
}
