import type { QueryClient } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { errorText } from '../design/error-text.ts';
import { count } from '../design/format.ts';
import type { Toast } from '../design/toasts.tsx';
import { api } from '../session/browser-api.ts';
import { readIdentity } from '../session/identity.ts';
import { endIfSessionOver } from '../session/session-over.ts';
import { placeFile, removeFiles } from './folder-query.ts';

/** Calls side by side: enough to hide latency, few enough to leave the server to others. */
const AT_ONCE = 6;

export interface ActionDeps {
  readonly client: QueryClient;
  toast(toast: Toast): void;
}

/** Everything that is done to files that are there. Failures are told, never thrown. */
export interface FileActions {
  createFolder(name: string, parentId: string | null): Promise<File>;
  rename(file: File, name: string): Promise<void>;
  move(files: readonly File[], target: FolderTarget): Promise<void>;
  copy(files: readonly File[], target: FolderTarget): Promise<void>;
  remove(files: readonly File[]): Promise<void>;
  restore(files: readonly File[]): Promise<void>;
  purge(files: readonly File[]): Promise<void>;
  leave(file: File): Promise<void>;
}

export interface FolderTarget {
  readonly id: string | null;
  readonly name: string;
}

export function createFileActions(deps: ActionDeps): FileActions {
  const { client, toast } = deps;

  /** Does `work` to each; says what failed and asks anew for what isn't known any more. */
  const forEach = async (files: readonly File[], work: (file: File) => Promise<unknown>) => {
    const failures: unknown[] = [];
    const done: File[] = [];
    const open = [...files];
    const next = async () => {
      for (let file = open.shift(); file !== undefined; file = open.shift()) {
        try {
          await work(file);
          done.push(file);
        } catch (error) {
          endIfSessionOver(error);
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    if (failures.length > 0) {
      await refresh(client);
      const [first] = failures;
      const more = failures.length > 1 ? ` (${count(failures.length, 'item')} failed)` : '';
      toast({ kind: 'error', text: errorText(first) + more });
    }
    return done;
  };
  /** A file may be listed as shared or found besides, where nothing is placed entry by entry. */
  const change = async (files: readonly File[], work: (file: File) => Promise<unknown>) => {
    const done = await forEach(files, work);
    for (const key of ['shared', 'search']) void client.invalidateQueries({ queryKey: [key] });
    return done;
  };
  const restore = async (files: readonly File[]) => {
    const done = await forEach(files, async (file) =>
      placeFile(client, await api.files.restore(file.id)),
    );
    await refresh(client);
    return done;
  };

  return {
    async createFolder(name, parentId) {
      const folder = await api.files.createFolder({ name, parentId });
      placeFile(client, folder);
      return folder;
    },

    async rename(file, name) {
      placeFile(client, { ...file, name });
      await change([file], async () =>
        placeFile(client, await api.files.update(file.id, { name })),
      );
    },

    async move(files, target) {
      const moved = files.filter((file) => file.parentId !== target.id && file.id !== target.id);
      if (moved.length === 0) return;
      removeFiles(client, new Set(moved.map(({ id }) => id)));
      const done = await change(moved, async (file) =>
        placeFile(client, await api.files.update(file.id, { parentId: target.id })),
      );
      if (done.length === 0) return;
      const back = () =>
        change(done, async (file) =>
          placeFile(client, await api.files.update(file.id, { parentId: file.parentId })),
        );
      toast({
        text: `${told(done)} moved to ${target.name}`,
        action: { label: 'Undo', run: () => void back() },
      });
    },

    async copy(files, target) {
      const done = await forEach(files, async (file) =>
        placeFile(client, await copyOf(client, file, target.id)),
      );
      if (done.length > 0) toast({ text: `${told(done)} copied to ${target.name}` });
    },

    async remove(files) {
      removeFiles(client, new Set(files.map(({ id }) => id)));
      const done = await change(files, (file) => api.files.remove(file.id));
      void client.invalidateQueries({ queryKey: ['trash'] });
      if (done.length === 0) return;
      const undo = () => void restore(done);
      toast({ text: `${told(done)} moved to the trash`, action: { label: 'Undo', run: undo } });
    },

    async restore(files) {
      const done = await restore(files);
      if (done.length > 0) toast({ text: `${told(done)} restored` });
    },

    async leave(file) {
      const me = readIdentity()?.user;
      if (me === undefined) return;
      const done = await forEach([file], () => api.shares.remove(file.id, me.id));
      await refresh(client);
      if (done.length > 0) toast({ text: `“${file.name}” is no longer shared with you` });
    },

    async purge(files) {
      const done = await forEach(files, (file) => api.files.purge(file.id));
      await client.invalidateQueries({ queryKey: ['trash'] });
      if (done.length > 0) toast({ text: `${told(done)} deleted for good` });
    },
  };
}

function refresh(client: QueryClient): Promise<unknown> {
  const stale = ['children', 'trash', 'search', 'shared'];
  return Promise.all(stale.map((key) => client.invalidateQueries({ queryKey: [key] })));
}

/** A copy beside the original needs a name of its own. */
async function copyOf(client: QueryClient, file: File, parentId: string | null): Promise<File> {
  if (file.parentId !== parentId || file.sharedRoot) return api.files.copy(file.id, { parentId });
  const siblings = client.getQueryData<{ items: readonly File[] }>([
    'children',
    parentId ?? 'root',
  ]);
  const taken = new Set(siblings?.items.map(({ name }) => name.toLowerCase()));
  const [, stem = file.name, ending = ''] = /^(.+?)(\.[^.]{1,16})?$/s.exec(file.name) ?? [];
  for (let number = 1; ; number++) {
    const name = `${stem} (copy${number === 1 ? '' : ` ${number}`})${ending}`;
    if (!taken.has(name.toLowerCase())) return api.files.copy(file.id, { parentId, name });
  }
}

function told(files: readonly File[]): string {
  const [first] = files;
  return files.length === 1 && first !== undefined
    ? `“${first.name}”`
    : count(files.length, 'item');
}
