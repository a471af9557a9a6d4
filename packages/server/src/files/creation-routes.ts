import { parseLinkTarget, parseName } from '@valise/core/names';
import {
  CopyFileRequest,
  CreateFolderRequest,
  CreateSymlinkRequest,
  FileAnswer,
  Uuid,
} from '@valise/core/wire';
import Type from 'typebox';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { copyItem } from './copy-file.ts';
import { createItem } from './create-item.ts';
import type { FileDeps } from './file-deps.ts';
import {
  parseFileId,
  parseNewId,
  parseOptionalName,
  parseOptionalTime,
  parseParentId,
} from './parse-fields.ts';

const created = {
  201: FileAnswer,
  ...problems(
    'malformed-request',
    'forbidden',
    'file-not-found',
    'name-taken',
    'id-taken',
    'invalid-name',
    'invalid-value',
    'not-a-folder',
    'too-deep',
  ),
};

export function creationRoutes(app: App, deps: FileDeps): void {
  app.post(
    '/folders',
    {
      schema: {
        operationId: 'createFolder',
        summary: 'Create a folder',
        tags: ['Files'],
        body: CreateFolderRequest,
        response: created,
      },
    },
    async ({ caller, body }, reply) => {
      const file = await createItem(deps, caller, {
        kind: 'folder',
        id: parseNewId(body.id),
        name: parseName(body.name),
        parentId: parseParentId(body.parentId),
      });
      return reply.code(201).send({ file: toWireFile(file, caller.userId) });
    },
  );

  app.post(
    '/symlinks',
    {
      schema: {
        operationId: 'createSymlink',
        summary: 'Create a symbolic link',
        tags: ['Files'],
        body: CreateSymlinkRequest,
        response: created,
      },
    },
    async ({ caller, body }, reply) => {
      const file = await createItem(deps, caller, {
        kind: 'symlink',
        id: parseNewId(body.id),
        name: parseName(body.name),
        parentId: parseParentId(body.parentId),
        target: parseLinkTarget(body.target),
        modifiedAt: parseOptionalTime(body.modifiedAt, 'modifiedAt'),
      });
      return reply.code(201).send({ file: toWireFile(file, caller.userId) });
    },
  );

  app.post(
    '/files/:id/copy',
    {
      schema: {
        operationId: 'copyFile',
        summary: 'Copy a file, or a folder with all below it',
        description: 'No byte moves. Reading the source is enough, also across owners.',
        tags: ['Files'],
        params: Type.Object({ id: Uuid }),
        body: CopyFileRequest,
        response: { ...created, ...problems('name-taken', 'id-taken', 'not-uploaded') },
      },
    },
    async ({ caller, params, body }, reply) => {
      const file = await copyItem(deps, caller, {
        sourceId: parseFileId(params.id),
        id: parseNewId(body.id),
        name: parseOptionalName(body.name),
        parentId: parseParentId(body.parentId),
      });
      return reply.code(201).send({ file: toWireFile(file, caller.userId) });
    },
  );
}
