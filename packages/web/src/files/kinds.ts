import type { File } from '@valise/core/wire';
import {
  IconArchive,
  IconAudio,
  IconCode,
  IconFile,
  IconFolder,
  IconImage,
  IconSheet,
  IconSymlink,
  IconText,
  IconVideo,
} from '../design/icons.ts';

export interface Kind {
  readonly label: string;
  readonly Icon: typeof IconFile;
  /** Picks the colour. */
  readonly tone: string;
}

const FOLDER: Kind = { label: 'Folder', Icon: IconFolder, tone: 'folder' };
const LINK: Kind = { label: 'Link', Icon: IconSymlink, tone: 'plain' };
const PLAIN: Kind = { label: 'File', Icon: IconFile, tone: 'plain' };

const BY_TYPE: readonly (readonly [RegExp, Kind])[] = [
  [/^image\//, { label: 'Image', Icon: IconImage, tone: 'image' }],
  [/^video\//, { label: 'Video', Icon: IconVideo, tone: 'video' }],
  [/^audio\//, { label: 'Audio', Icon: IconAudio, tone: 'audio' }],
  [/zip|compressed|x-tar|x-7z|gzip/, { label: 'Archive', Icon: IconArchive, tone: 'archive' }],
  [/csv|spreadsheet|excel/, { label: 'Spreadsheet', Icon: IconSheet, tone: 'sheet' }],
  [/json|javascript|typescript|\bxml\b|html|x-sh/, { label: 'Code', Icon: IconCode, tone: 'code' }],
  [/pdf|^text\/|word|document/, { label: 'Document', Icon: IconText, tone: 'text' }],
];

export function kindOf({ kind, mimeType }: Pick<File, 'kind' | 'mimeType'>): Kind {
  if (kind === 'folder') return FOLDER;
  if (kind === 'symlink') return LINK;
  return BY_TYPE.find(([pattern]) => pattern.test(mimeType ?? ''))?.[1] ?? PLAIN;
}
