import { VARIABLES, type Variable } from './variables.ts';

const HEAD = `# Configuration

By environment variables, or by a file \`.env\` in the folder that the server is started in (the
environment has the last word). Empty means unset. A wrong value, or half of a group that belongs
together, stops the start with every fault listed.

This page is made from the declarations in \`packages/server/src/config/variables.ts\`, by
\`node packages/server/src/config/write-reference.ts\`.

| variable | default | value | meaning |
|---|---|---|---|
`;

/** `docs/configuration.md`, from the declarations. */
export function configurationReference(): string {
  return HEAD + Object.values(VARIABLES).map(rowOf).join('');
}

function rowOf({ name, type, fallback, unset, description }: Variable<unknown>): string {
  const shown = fallback === null ? unset : `\`${fallback}\``;
  return `| \`${name}\` | ${shown} | ${type.name} | ${description} |\n`;
}
