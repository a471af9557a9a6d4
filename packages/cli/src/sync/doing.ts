/** How a person reads an operation while it is being done. */
export const DOING: Readonly<Record<string, string>> = {
  hash: 'reading',
  'remote-folder': 'sending folder',
  'remote-symlink': 'sending symlink',
  'remote-upload': 'sending',
  'remote-move': 'moving there',
  'remote-meta': 'sending time and mode of',
  'remote-delete': 'deleting there',
  'remote-copy': 'copying there',
  'remote-leave': 'leaving',
  'local-folder': 'making folder',
  'local-symlink': 'making symlink',
  'local-create': 'receiving',
  'local-replace': 'receiving',
  'local-move': 'moving here',
  'local-meta': 'setting time and mode of',
  'local-trash': 'deleting here',
};
