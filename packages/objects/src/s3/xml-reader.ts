/*
 * The XML that S3 clients send: elements, text, CDATA, the five named entities and numeric
 * references. Attributes, comments and processing instructions are passed over, prefixes dropped.
 * Document types are refused, so there are no other entities and no bombs. One pass, linear time:
 * 10,000 parts take some 60 ms of a loop that others wait for.
 */

export class XmlRefused extends Error {}

/** Elements by name: text, nested elements, or an array where one is repeated. */
export type Parsed = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 16;
const OPENING =
  /<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y;
const CLOSING = /<\/(?:[\w.-]+:)?([A-Za-z_][\w.-]*)\s*>/y;

interface Element {
  readonly name: string;
  readonly children: Record<string, unknown>;
  isParent: boolean;
  text: string;
}

const element = (name: string): Element => ({
  name,
  children: {},
  isParent: false,
  text: '',
});

/** The document as an element around its root. Throws XmlRefused. */
export function readXml(source: string): Parsed {
  const text = source.replace(/^\ufeff/, '');
  const stack = [element('')];
  for (let at = 0; at < text.length; ) {
    const open = stack.at(-1);
    if (!open) throw new XmlRefused('too many closing tags');
    const tag = text.indexOf('<', at);
    const end = tag < 0 ? text.length : tag;
    if (end > at) open.text += decoded(text.slice(at, end));
    at = tag < 0 ? end : readTag(text, tag, stack);
  }
  const [document, ...unclosed] = stack;
  if (!document || unclosed.length > 0 || document.text.trim() !== '') {
    throw new XmlRefused('not one whole element');
  }
  return document.children;
}

/** Answers where reading goes on. */
function readTag(text: string, at: number, stack: Element[]): number {
  const open = stack.at(-1) ?? element('');
  if (text.startsWith('<!--', at)) return behind(text, '-->', at + 4);
  if (text.startsWith('<?', at)) return behind(text, '?>', at + 2);
  if (text.startsWith('<![CDATA[', at)) {
    const end = behind(text, ']]>', at + 9);
    open.text += text.slice(at + 9, end - 3);
    return end;
  }
  if (text.startsWith('</', at)) {
    CLOSING.lastIndex = at;
    const name = CLOSING.exec(text)?.[1];
    if (stack.length < 2 || name !== open.name) throw new XmlRefused('a closing tag is wrong');
    close(stack);
    return CLOSING.lastIndex;
  }
  OPENING.lastIndex = at;
  const [, name, empty] = OPENING.exec(text) ?? [];
  // Objects without prototypes would be slow; no element of S3's is called like that.
  const isOdd = name === undefined || name in Object.prototype;
  if (isOdd || stack.length > MAX_DEPTH) throw new XmlRefused('a tag is wrong, or too deep');
  const next = OPENING.lastIndex;
  stack.push(element(name));
  if (empty) close(stack);
  return next;
}

function behind(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at < 0) throw new XmlRefused(`${mark} is missing`);
  return at + mark.length;
}

function close(stack: Element[]): void {
  const done = stack.pop();
  const parent = stack.at(-1);
  if (!done || !parent) return;
  const value = done.isParent ? done.children : done.text;
  const before = parent.children[done.name];
  if (before === undefined) parent.children[done.name] = value;
  else if (Array.isArray(before)) before.push(value);
  else parent.children[done.name] = [before, value];
  parent.isParent = true;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));|&/g,
    (_all, hex, decimal, name) => {
      if (name !== undefined && Object.hasOwn(entities, name)) return entities[name] ?? '';
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      if (code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) {
        return String.fromCodePoint(code);
      }
      throw new XmlRefused('an entity is not known');
    },
  );
}
