import type { UserId } from '@valise/core/ids';
import type { File } from '@valise/core/wire';
import { storedForm } from './stored-form.ts';
import type { VisibleFile } from './visible-file.ts';

/** The file as this person is told of it. */
export function toWireFile(visible: VisibleFile, userId: UserId): File {
  const { row, role, sharedRoot, object, deletion } = visible;
  const hidesParent = sharedRoot || (row.parentId === null && row.ownerId !== userId);
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    parentId: hidesParent ? null : row.parentId,
    ownerId: row.ownerId,
    role,
    size: row.size,
    ...(object === null ? {} : storedForm(object)),
    mimeType: row.mimeType,
    fingerprint: toFingerprint(object),
    ...(row.target === null ? {} : { target: row.target }),
    status: row.status,
    version: row.version,
    executable: row.executable,
    modifiedAt: row.modifiedAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    createdBy: row.createdBy,
    sharedRoot: hidesParent,
    ...(role === 'owner' && row.sharedWith > 0 ? { sharedWith: row.sharedWith } : {}),
    ...(deletion === null ? {} : { deletedAt: deletion.at.toISOString(), deletedBy: deletion.by }),
  };
}

function toFingerprint(object: VisibleFile['object']): string | null {
  if (object?.fingerprint == null || object.recipe === null) return null;
  return `${object.recipe}:${object.fingerprint.toString('hex')}`;
}
