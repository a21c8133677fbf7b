import { constants, type Stats } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorFinding, Severity } from '../lifecycle/doctor-finding.ts';
import { maxNamesExamined } from '../lifecycle/doctor-services.ts';
import { holdsKey } from '../deploy/outputs.ts';
import type { Store } from '../store/store.ts';

/** What the state directory may hold that nobody else is to read. */
const privateFiles = [
  'store.db',
  'store.db-wal',
  'store.db-shm',
  'store.key',
  'store.key.next',
  'agent.sock',
] as const;

const mebibyte = 1024 * 1024;

/** What some renewals need with all they write, and SQLite for its journal. */
const fewOctets = 100 * mebibyte;

/** Below it the next write may fail. */
const tooFewOctets = 10 * mebibyte;

const fewFiles = 1000;

/**
 * Look at owner and mode of the state directory and of what is in it, and at the room that is left. To be called before
 * the store is opened, which closes to others what it finds open.
 *
 * @param uid of this user
 */
export async function examineStateDirectory(
  directory: string,
  uid: number | undefined,
): Promise<readonly DoctorFinding[]> {
  const found = await statusOf(directory);
  if (found === undefined) return [];
  const findings: DoctorFinding[] = [];
  const complain = (about: string, severity: Severity, text: string, remedy: string): void => {
    findings.push({ check: 'files', about, severity, text, remedy });
  };
  // Root takes the place of its owner.
  if (uid !== undefined && uid !== 0 && found.uid !== uid) {
    const text = `it belongs to user ${found.uid}, and this is user ${uid}`;
    complain(directory, 'warning', text, 'Run certkeeper as the user that owns it');
  }
  if ((found.mode & 0o077) !== 0) {
    const text = `others have access to it (mode ${modeText(found)})`;
    complain(directory, 'error', text, `Close it: chmod 700 ${directory}`);
  }
  for (const name of privateFiles) {
    const path = join(directory, name);
    const file = await statusOf(path);
    if (file === undefined) continue;
    if (file.uid !== found.uid) {
      const text = `it belongs to user ${file.uid}, its directory to ${found.uid}`;
      complain(
        path,
        'error',
        text,
        `Give it to the user that the agent runs as: chown ${found.uid} ${path}`,
      );
    }
    if ((file.mode & 0o077) !== 0) {
      const severity = name === 'store.key' ? 'error' : 'warning';
      complain(
        path,
        severity,
        `others have access to it (mode ${modeText(file)})`,
        `Close it: chmod 600 ${path}`,
      );
    }
  }
  if (findings.length === 0) {
    findings.push({
      check: 'files',
      about: directory,
      severity: 'ok',
      text: 'nobody else has access to it',
    });
  }
  return [...findings, await examineDisk(directory)];
}

async function examineDisk(directory: string): Promise<DoctorFinding> {
  const { bavail, bsize, ffree, files } = await statfs(directory);
  const octets = bavail * bsize;
  const text = `${Math.floor(octets / mebibyte)} MiB are free`;
  const finding = { check: 'disk', about: directory } as const;
  const remedy = 'Make room: what cannot be stored is not renewed';
  if (octets < tooFewOctets) return { ...finding, severity: 'error', text, remedy };
  if (octets < fewOctets) return { ...finding, severity: 'warning', text, remedy };
  // Some file systems have no such number.
  if (files > 0 && ffree < fewFiles) {
    return { ...finding, severity: 'warning', text: `${ffree} more files can be made`, remedy };
  }
  return { ...finding, severity: 'ok', text };
}

/** Look whether hooks can be run, and whether delivered keys are closed to others. */
export async function examineDeployedFiles(store: Store): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const name of (await store.certificates.names()).slice(0, maxNamesExamined)) {
    const hook = await store.deployments.hook(name);
    if (hook !== undefined) findings.push(await examineHook(name, hook.command[0]));
    for (const { files } of await store.deployments.list(name)) {
      const keys = files.filter(({ kind }) => holdsKey(kind)).map(({ path }) => path);
      for (const path of keys) findings.push(...(await examineKeyFile(name, path)));
    }
  }
  return findings;
}

async function examineHook(name: string, program: string): Promise<DoctorFinding> {
  const finding = { check: 'hook', about: name } as const;
  const remedy = `Set one that is there: certkeeper cert hook cert-name ${name} -- /path/of/program`;
  const found = await stat(program).catch(() => undefined);
  if (found?.isFile() !== true) {
    return { ...finding, severity: 'error', text: `there is no program "${program}"`, remedy };
  }
  const isExecutable = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isExecutable) {
    const text = `"${program}" cannot be run by this user`;
    return { ...finding, severity: 'error', text, remedy: `Let it be run: chmod a+x ${program}` };
  }
  if ((found.mode & 0o002) !== 0) {
    const text = `every user of this machine can change "${program}"`;
    return { ...finding, severity: 'error', text, remedy: `Take that away: chmod o-w ${program}` };
  }
  return { ...finding, severity: 'ok', text: `"${program}" can be run` };
}

async function examineKeyFile(name: string, path: string): Promise<readonly DoctorFinding[]> {
  const found = await statusOf(path);
  // What is not delivered yet is told of elsewhere.
  if (found === undefined || (found.mode & 0o007) === 0) return [];
  return [
    {
      check: 'files',
      about: name,
      severity: 'error',
      text: `every user of this machine has access to the key in "${path}" (mode ${modeText(found)})`,
      remedy: `Close it: chmod o= ${path}; and renew the certificate with a new key`,
    },
  ];
}

/** @returns undefined for what is not there, or not to be seen */
async function statusOf(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch(() => undefined);
}

function modeText({ mode }: Stats): string {
  return `0${(mode & 0o7777).toString(8)}`;
}
