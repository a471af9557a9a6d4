import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks per second in /proc, the same on every Linux that Node runs on. */
const TICKS = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly name: string;
  /** User and system time in milliseconds, that of its ended children included. */
  readonly milliseconds: number;
}

/**
 * Processor time in milliseconds that a process and all below it have used so far, by program name
 * (`server` is the process itself). On a shared machine it says more than the wall clock.
 */
export async function cpuTimes(pid: number): Promise<ReadonlyMap<string, number>> {
  const processes = await readProcesses();
  const times = new Map<string, number>();
  for (const [id, { name, milliseconds }] of processes) {
    if (!descendsFrom(processes, id, pid)) continue;
    const key = id === pid ? 'server' : name;
    times.set(key, (times.get(key) ?? 0) + milliseconds);
  }
  return times;
}

async function readProcesses(): Promise<ReadonlyMap<number, ProcessTimes>> {
  const ids = (await readdir('/proc')).map(Number).filter((id) => id > 0);
  const entries = await Promise.all(
    ids.map(async (id): Promise<[number, ProcessTimes] | undefined> => {
      const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : [id, parseStat(text)];
    }),
  );
  return new Map(entries.filter((entry) => entry !== undefined));
}

/** `pid (name) state ppid …`; fields are counted after the name, which may hold anything. */
function parseStat(text: string): ProcessTimes {
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
  return {
    parent: Number(fields[1]),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    milliseconds: (ticks * 1000) / TICKS,
  };
}

function descendsFrom(
  processes: ReadonlyMap<number, ProcessTimes>,
  id: number,
  ancestor: number,
): boolean {
  for (let at: number | undefined = id; at !== undefined && at > 0; ) {
    if (at === ancestor) return true;
    at = processes.get(at)?.parent;
  }
  return false;
}
