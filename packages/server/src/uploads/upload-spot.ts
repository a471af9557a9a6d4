import { AppError, isAppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import type { FileName } from '@valise/core/names';
import type { Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import type { Caller } from '../http/app.ts';
import type { FileRow } from '../tree/file-row.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import { isNamed, type NameDestination, type NewUpload } from './new-upload.ts';
import { findPlaces, type UploadPlace } from './upload-place.ts';
import { findTargets } from './upload-target.ts';

/** Where one upload goes. */
export interface UploadSpot {
  readonly ownerId: UserId;
  readonly role: Role;
  readonly parentId: FileId | null;
  readonly name: FileName;
  readonly nameKey: string;
  /** What it is the next version of; absent, it is a new file. */
  readonly target?: FileRow | undefined;
  /** The same as the caller may see it, where it was asked for by id. */
  readonly known?: VisibleFile;
}

/** Looks up all folders and files at once. The answer throws what is wrong with a request's. */
export async function findSpots(
  tx: Tx,
  caller: Caller,
  requests: readonly NewUpload[],
): Promise<(request: NewUpload) => UploadSpot> {
  const named = requests.filter(isNamed).map(({ to }) => to);
  const ids = requests.flatMap(({ to }) => (to.kind === 'file' ? [to.fileId] : []));
  const places = await findPlaces(tx, caller, named);
  const targets = await findTargets(tx, caller, [...new Set(ids)]);
  return ({ to }) =>
    to.kind === 'file'
      ? spotOf(orThrow(targets.get(to.fileId)))
      : spotIn(orThrow(places.get(to.parentId)), to);
}

function spotOf(known: VisibleFile): UploadSpot {
  const { row: target, role } = known;
  const { ownerId, parentId, name, nameKey } = target;
  return { ownerId, parentId, name, nameKey, role, target, known };
}

function spotIn({ folder, role, siblings }: UploadPlace, to: NameDestination): UploadSpot {
  const { parentId, name, nameKey } = to;
  const target = siblings.get(nameKey);
  if (target !== undefined && target.kind !== 'file') {
    throw new AppError('name-taken', `A ${target.kind} called "${name}" is there already.`, {
      details: { field: 'name' },
    });
  }
  return { ownerId: folder.ownerId, parentId, name, nameKey, role, target };
}

function orThrow<T>(found: T | AppError | undefined): T {
  if (found === undefined) throw new Error('Every folder and file was looked up.');
  if (isAppError(found)) throw found;
  return found;
}
