import Type, { type Static } from 'typebox';
import { Bytes, Fingerprint, Nullable, page, Role, Timestamp, Uuid } from './scalars.ts';

export const FileKind = Type.Union([
  Type.Literal('file'),
  Type.Literal('folder'),
  Type.Literal('symlink'),
]);
export type FileKind = Static<typeof FileKind>;

export const FileStatus = Type.Union([Type.Literal('uploading'), Type.Literal('uploaded')]);

/** How the store holds a content that its client had compressed. */
export const ContentEncoding = Type.Literal('gzip');
export type ContentEncoding = Static<typeof ContentEncoding>;

/** Members of what is stored otherwise than it is read. */
export const StoredForm = {
  storedSize: Type.Optional(Bytes),
  contentEncoding: Type.Optional(ContentEncoding),
};

/** A file, folder or symlink as the caller sees it. */
export const File = Type.Object({
  id: Uuid,
  kind: FileKind,
  name: Type.String(),
  parentId: Nullable(Uuid),
  ownerId: Uuid,
  role: Role,
  size: Bytes,
  ...StoredForm,
  mimeType: Nullable(Type.String()),
  fingerprint: Nullable(Fingerprint),
  target: Type.Optional(Type.String({ description: 'Symlinks only' })),
  status: FileStatus,
  version: Type.Integer({ minimum: 0 }),
  executable: Type.Boolean(),
  modifiedAt: Timestamp,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  createdBy: Uuid,
  sharedRoot: Type.Boolean(),
  sharedWith: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'How many people it is shared with by itself; told to its owner alone',
    }),
  ),
  deletedAt: Type.Optional(Timestamp),
  deletedBy: Type.Optional(Uuid),
});
export type File = Static<typeof File>;

export const FileAnswer = Type.Object({ file: File });
export type FileAnswer = Static<typeof FileAnswer>;

export const FilePage = page(File);
export type FilePage = Static<typeof FilePage>;

const Name = Type.String({ description: '1–255 bytes of UTF-8' });

export const CreateFolderRequest = Type.Object({
  id: Type.Optional(Uuid),
  name: Name,
  parentId: Type.Optional(Nullable(Uuid)),
});
export type CreateFolderRequest = Static<typeof CreateFolderRequest>;

export const CreateSymlinkRequest = Type.Object({
  id: Type.Optional(Uuid),
  name: Name,
  parentId: Type.Optional(Nullable(Uuid)),
  target: Type.String({ minLength: 1, description: 'At most 4,096 bytes' }),
  modifiedAt: Type.Optional(Timestamp),
});
export type CreateSymlinkRequest = Static<typeof CreateSymlinkRequest>;

export const ChildrenSort = Type.Union([
  Type.Literal('name'),
  Type.Literal('updatedAt'),
  Type.Literal('size'),
]);
export type ChildrenSort = Static<typeof ChildrenSort>;

export const UpdateFileRequest = Type.Object({
  name: Type.Optional(Name),
  parentId: Type.Optional(Nullable(Uuid)),
  modifiedAt: Type.Optional(Timestamp),
  executable: Type.Optional(Type.Boolean()),
});
export type UpdateFileRequest = Static<typeof UpdateFileRequest>;

export const CopyFileRequest = Type.Object({
  id: Type.Optional(Uuid),
  name: Type.Optional(Name),
  parentId: Type.Optional(Nullable(Uuid)),
});
export type CopyFileRequest = Static<typeof CopyFileRequest>;

export const DeleteFileQuery = Type.Object({
  version: Type.Optional(Type.Integer({ minimum: 0 })),
  cursor: Type.Optional(Type.String()),
});
export type DeleteFileQuery = Static<typeof DeleteFileQuery>;
