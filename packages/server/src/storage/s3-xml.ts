import { XMLParser } from 'fast-xml-parser';

/** Lists in S3's answers, which a parser can't tell from single elements. */
const LISTS = new Set(['Part', 'Contents', 'Upload', 'Error', 'Deleted', 'Rule']);

/** Values stay text (sizes beyond 2^53 and keys like `007` must survive); entities are decoded. */
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: true,
  isArray: (name, path) => LISTS.has(name) && path !== 'Error',
});

export type XmlNode = { readonly [name: string]: XmlNode | readonly XmlNode[] | string };

/** The document's root element and its name. */
export function parseXml(text: string): { readonly name: string; readonly root: XmlNode } {
  const parsed: unknown = parser.parse(text);
  for (const [name, root] of Object.entries(parsed as XmlNode)) {
    if (name !== '?xml') return { name, root: isNode(root) ? root : {} };
  }
  return { name: '', root: {} };
}

export function textOf(node: XmlNode, name: string): string {
  const value = node[name];
  return typeof value === 'string' ? value : '';
}

export function listOf(node: XmlNode, name: string): readonly XmlNode[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is XmlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}
