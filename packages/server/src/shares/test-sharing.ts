import type { FileId } from '@valise/core/ids';
import { sql } from 'kysely';
import { testCursors } from '../changes/test-cursors.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Answer, type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles } from '../tree/test-people.ts';
import { shareRoutes } from './share-routes.ts';

/** For tests: files and shares of Ann, who shares with Bob and Eve. */
export async function startSharing() {
  const deps = (db: TestApi['db']) => ({ db, ambient: systemAmbient, cursors: testCursors });
  const api = await startTestApi((db) => (app) => {
    fileRoutes(deps(db))(app);
    shareRoutes(deps(db))(app);
  });
  const [ann, bob, eve] = [
    await api.person('ann'),
    await api.person('bob'),
    await api.person('eve'),
  ];
  return {
    api,
    ann,
    bob,
    eve,

    async file(name: string, parentId: string | null, owner = ann): Promise<string> {
      const objectId = await createObject(api.db, owner.who, { size: 7 });
      const place = { parentId: parentId as FileId | null, objectId, size: 7 };
      const row = fileRow(owner.who, name, place);
      await plantFiles(api.db, [row]);
      return row.id;
    },

    share(id: string, who: Client, role?: string, by = ann): Promise<Answer> {
      const users = [who.who.userId];
      return by('POST', `/files/${id}/share`, { users, ...(role === undefined ? {} : { role }) });
    },

    unshare(id: string, who: Client, by = ann): Promise<Answer> {
      return by('DELETE', `/files/${id}/shares/${who.who.userId}`);
    },

    /** What someone's feed says of it. */
    async feedOf(who: Client, id: string) {
      const { rows } = await sql<{ role: string | null; reason: string | null; seq: number }>`
        SELECT role, reason, seq FROM access
        WHERE user_id = ${who.who.userId} AND file_id = ${id}`.execute(api.db);
      return rows[0];
    },
  };
}
