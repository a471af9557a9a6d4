/**
 * Files as they are before and after an ordinary change, made by the programs that make them: nothing
 * but `npm pack` (two published versions of a package) needs a network.
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

const MIB = 1_048_576;
const run = promisify(execFile);

export interface RealPair {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** Makes them below `folder`. */
export async function realPairs(folder: string, repository: string): Promise<RealPair[]> {
  await mkdir(folder, { recursive: true });
  return [
    await npmTars(folder, { name: 'typescript', versions: ['5.8.2', '5.8.3'] }),
    await sqliteDatabase(folder),
    await gitPack(folder, repository),
    await mailbox(folder),
    await diskImage(folder),
  ];
}

function pathsIn(folder: string, name: string) {
  return { before: join(folder, `${name}.before`), after: join(folder, `${name}.after`) };
}

async function npmTars(
  folder: string,
  { name, versions }: { readonly name: string; readonly versions: readonly [string, string] },
): Promise<RealPair> {
  const paths = pathsIn(folder, 'npm-tar');
  for (const [version, to] of [
    [versions[0], paths.before],
    [versions[1], paths.after],
  ] as const) {
    const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--silent'], {
      cwd: folder,
    });
    await writeFile(to, gunzipSync(await readFile(join(folder, stdout.trim()))));
  }
  return { what: `tars of ${name} ${versions.join(' and ')}`, ...paths };
}

/** A table with an index: one row in a thousand is changed, some are added. */
async function sqliteDatabase(folder: string): Promise<RealPair> {
  const paths = pathsIn(folder, 'sqlite');
  const db = new DatabaseSync(paths.before);
  db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT)');
  db.exec('CREATE INDEX titles ON notes (title)');
  const insert = db.prepare('INSERT INTO notes (title, body) VALUES (?, ?)');
  const add = (count: number, seed: string) => {
    db.exec('BEGIN');
    for (let n = 0; n < count; n++) {
      const title = createHash('sha256').update(`${seed} ${n}`).digest('hex');
      insert.run(title, randomBytes(350).toString('base64'));
    }
    db.exec('COMMIT');
  };
  add(100_000, 'first');
  db.close();
  await cp(paths.before, paths.after);
  const again = new DatabaseSync(paths.after);
  again.exec("UPDATE notes SET body = 'edited ' || body WHERE id % 1000 = 7");
  again.close();
  return { what: 'a SQLite database, one row in a thousand changed', ...paths };
}

/** The pack of this repository's history without its last commits, and with them. */
async function gitPack(folder: string, repository: string): Promise<RealPair> {
  const paths = pathsIn(folder, 'git');
  const pack = async (revision: string, to: string) => {
    const bare = `${to}.git`;
    await run('git', ['clone', '-q', '--bare', '--no-local', repository, bare]);
    await run('git', ['-C', bare, 'update-ref', 'refs/heads/packed', revision]);
    const base = `git -C '${bare}' rev-list --objects refs/heads/packed`;
    // Stored uncompressed, as large packs mostly hold what does not compress any further.
    const command = `${base} | git -C '${bare}' -c core.compression=0 pack-objects -q --stdout > '${to}'`;
    await run('sh', ['-c', command]);
  };
  const { stdout } = await run('git', ['-C', repository, 'rev-parse', 'HEAD', 'HEAD~5']);
  const [now = '', earlier = ''] = stdout.trim().split('\n');
  await pack(earlier, paths.before);
  await pack(now, paths.after);
  return { what: 'the pack of a Git repository, five commits later', ...paths };
}

/** Three letters were deleted, one was marked as read, twenty came in. */
async function mailbox(folder: string): Promise<RealPair> {
  const paths = pathsIn(folder, 'mailbox');
  const letter = (n: number, status: string) => {
    const body = randomBytes(2_000 + ((n * 7919) % 30_000))
      .toString('base64')
      .replace(/.{76}/g, '$&\n');
    return `From ann@example.org Thu Jan  1 00:00:00 2026\nMessage-ID: <${n}@example.org>\nStatus: ${status}\nSubject: letter ${n}\n\n${body}\n\n`;
  };
  const letters = Array.from({ length: 2_500 }, (_, n) => letter(n, 'O '));
  await writeFile(paths.before, letters.join(''));
  const later = letters.filter((_, n) => ![700, 1400, 2100].includes(n));
  later[1000] = (later[1000] ?? '').replace('Status: O ', 'Status: RO');
  const fresh = Array.from({ length: 20 }, (_, n) => letter(10_000 + n, 'N '));
  await writeFile(paths.after, [...later, ...fresh].join(''));
  return { what: 'a mailbox: 3 of 2,500 letters gone, 1 read, 20 new', ...paths };
}

/** An ext4 file system with a file replaced and one added. */
async function diskImage(folder: string): Promise<RealPair> {
  const paths = pathsIn(folder, 'disk');
  const content = join(folder, 'disk-content');
  await mkdir(content);
  for (let n = 0; n < 60; n++) await writeFile(join(content, `file-${n}`), randomBytes(MIB));
  await run('/usr/sbin/mke2fs', ['-q', '-t', 'ext4', '-d', content, paths.before, '128M']);
  await cp(paths.before, paths.after);
  const fresh = join(folder, 'fresh');
  await writeFile(fresh, randomBytes(MIB));
  for (const command of ['rm file-30', `write ${fresh} file-30`, `write ${fresh} file-new`]) {
    await run('/usr/sbin/debugfs', ['-w', '-R', command, paths.after]);
  }
  return { what: 'a disk image (ext4): one file replaced, one added', ...paths };
}
