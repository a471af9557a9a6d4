/** A colon names a stream of a file, the others are wildcards and redirections. */
const FORBIDDEN = /[<>:"|?*\\]/;
/** Devices, with any ending. The superscript digits count as 1, 2 and 3. */
const DEVICE = /^(con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$)[ ]*(\.|$)/i;

/** Why Windows, or a disk of its making, can't hold this name; null for one that it can. */
export function windowsNameFault(name: string): string | null {
  const [forbidden] = FORBIDDEN.exec(name) ?? [];
  if (forbidden !== undefined) return `the character ${forbidden}`;
  if (DEVICE.test(name)) return 'the name of a device';
  if (/[. ]$/.test(name)) return 'a dot or a space at the end';
  return null;
}
