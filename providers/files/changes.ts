import type { FilesInputs, FilesState } from "./runner.ts";

/** Everything but the address of the engine and the helper's labels is content. */
export function filesDiffer(olds: FilesState, news: FilesInputs): boolean {
  const content = ({ volume, uid, files, secrets, fillings }: FilesInputs) =>
    JSON.stringify([volume, uid, sorted(files), sorted(secrets), sorted(fillings ?? {})]);
  return olds.drift.length > 0 || content(olds) !== content(news);
}

function sorted(files: Record<string, string>): [string, string][] {
  return Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
}
