import { S3Error } from './s3-error.ts';
import { type Parsed, readXml, XmlRefused } from './xml-reader.ts';

export type XmlValue = string | number | boolean | XmlNode | readonly (XmlNode | string)[];
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

/** Control characters, too, as S3 writes them: strict parsers refuse either form. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const SPECIAL = /[&<>"\r\u0001-\u0008\u000b\u000c\u000e-\u001f]/g;

function escapeText(text: string): string {
  return text.replace(SPECIAL, (char) => escapes[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);
}

/** Reads a small document with the given root. Throws MalformedXML. */
export function parseXml(text: string, root: string): Parsed {
  let document: Parsed;
  try {
    document = readXml(text);
  } catch (cause) {
    if (!(cause instanceof XmlRefused)) throw cause;
    throw new S3Error('MalformedXML', undefined, { cause });
  }
  const content = document[root];
  if (content === undefined || Array.isArray(content)) throw new S3Error('MalformedXML');
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

/** Children of that name, however many. */
export function children(node: unknown, name: string): readonly unknown[] {
  const value = child(node, name);
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Their texts. Throws MalformedXML where one is no text. */
export function childTexts(node: unknown, name: string): readonly string[] {
  return children(node, name).map((value) => {
    if (typeof value === 'string') return value;
    throw new S3Error('MalformedXML');
  });
}
