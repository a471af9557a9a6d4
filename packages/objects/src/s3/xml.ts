import { XMLParser } from 'fast-xml-parser';
import { S3Error } from './s3-error.ts';

export type XmlValue = string | number | boolean | XmlNode | readonly XmlNode[];
/** Elements by name; an array repeats its element, undefined leaves it out. */
export interface XmlNode {
  readonly [name: string]: XmlValue | undefined;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function xmlDocument(root: string, content: XmlNode): string {
  const inner = elements(content);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner}</${root}>`;
}

/** S3's errors stand in no namespace. */
export function xmlError(content: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${elements(content)}</Error>`;
}

function elements(node: XmlNode): string {
  let text = '';
  for (const [name, value] of Object.entries(node)) {
    if (value === undefined) continue;
    const values: readonly XmlValue[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      const inner = typeof one === 'object' ? elements(one as XmlNode) : escapeText(String(one));
      text += `<${name}>${inner}</${name}>`;
    }
  }
  return text;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"\r]/g, (char) => escapes[char] ?? char);
}

const parser = new XMLParser({
  parseTagValue: false,
  removeNSPrefix: true,
  // A key may begin or end with a space.
  trimValues: false,
  // Not for HTML: this is what decodes numeric references, in which some clients write quotes.
  htmlEntities: true,
  isArray: (name) => name === 'Part' || name === 'Object',
});

/** What parsing gives: elements by name, text as strings. */
export type Parsed = Readonly<Record<string, unknown>>;

/** Reads a small document with the given root. Document types (and so entity bombs) are refused. */
export function parseXml(text: string, root: string): Parsed {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new S3Error('MalformedXML');
  let document: unknown;
  try {
    document = parser.parse(text, true);
  } catch (cause) {
    throw new S3Error('MalformedXML', undefined, { cause });
  }
  const content = child(document, root);
  if (content === undefined) throw new S3Error('MalformedXML');
  return typeof content === 'object' && content !== null ? (content as Parsed) : {};
}

export function child(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Parsed)[name] : undefined;
}

/** The text of a child element, undefined if there is none. */
export function childText(node: unknown, name: string): string | undefined {
  const value = child(node, name);
  return typeof value === 'string' ? value : undefined;
}

export function children(node: unknown, name: string): readonly unknown[] {
  const value = child(node, name);
  return Array.isArray(value) ? value : [];
}
