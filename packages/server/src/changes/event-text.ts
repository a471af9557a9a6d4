import type { FileId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import type { Role } from '../db/tables.ts';

/*
 * SQL that words files and changes as `toWireFile` does (tests compare the two), from `joinedTo`:
 * the access row `a`, its file `f` (none where the access is gone), that file's object `o` and the
 * parent's access row `p`. A listing is up to 10,000 of these a page. The database writes one text faster than it sends twenty columns, and the server
 * only strings the texts together: parsing columns and building objects for JSON.stringify cost it
 * four times as much.
 */

/** The parent as the user sees it: one's own, or one that has an access row. */
export const seenParent: RawBuilder<FileId | null> = sql`
  CASE WHEN p.seq IS NOT NULL OR f.owner_id = a.user_id THEN f.parent_id END`;

/** The members of a `File` object, without its braces. Only free text needs escaping. */
export function fileMembers(role: RawBuilder<Role>): RawBuilder<string> {
  return sql`concat(
    '"id":"', f.id, '","kind":"', f.kind,
    '","name":', to_json(f.name), ',"parentId":', ${quotedOrNull(seenParent)},
    ',"ownerId":"', f.owner_id, '","role":"', ${role}, '","size":', f.size,
    ',"storedSize":' || o.stored_size,
    ',"contentEncoding":"' || o.content_encoding || '"',
    ',"mimeType":', coalesce(to_json(f.mime_type)::text, 'null'),
    ',"fingerprint":', ${quotedOrNull(sql`o.recipe || ':' || encode(o.fingerprint, 'hex')`)},
    ',"target":' || to_json(f.target)::text, ',"status":"uploaded","version":', f.version,
    CASE WHEN f.executable THEN ',"executable":true' ELSE ',"executable":false' END,
    ',"modifiedAt":"', ${timeText(sql`f.modified_at`)},
    '","createdAt":"', ${timeText(sql`f.created_at`)},
    '","updatedAt":"', ${timeText(sql`f.updated_at`)}, '","createdBy":"', f.created_by,
    CASE WHEN ${seenParent} IS NULL AND f.owner_id <> a.user_id
      THEN '","sharedRoot":true' ELSE '","sharedRoot":false' END,
    CASE WHEN f.shared_with > 0 AND f.owner_id = a.user_id
      THEN concat(',"sharedWith":', f.shared_with) END
  )`;
}

/** What is gone, for this person or everyone, is a removal. */
export const eventText: RawBuilder<string> = sql`
  CASE WHEN f.id IS NULL THEN concat(
    '{"type":"remove","fileId":"', a.file_id, '","reason":"', coalesce(a.reason, 'deleted'), '"}'
  ) ELSE concat('{"type":"upsert","file":{', ${fileMembers(sql`a.role`)}, '}}') END`;

function quotedOrNull(text: RawBuilder<unknown>): RawBuilder<string> {
  return sql`coalesce('"' || (${text}) || '"', 'null')`;
}

/** Milliseconds are cut, as they are when a Date becomes text. */
export function timeText(time: RawBuilder<unknown>): RawBuilder<string> {
  return sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
