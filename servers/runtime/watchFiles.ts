import { currentVersionId } from "./filesVersion.ts";

/** Within the two seconds in which a change must be in force. */
const pollMilliseconds = 500;

/**
 * Calls `changed` once for every new version of the files. Polling, because the switch of a symbolic link on
 * a volume raises no event inside a container. Calls never overlap.
 *
 * @returns ends the watch
 */
export function watchFiles(folder: string, current: string, changed: () => Promise<void>): () => void {
  let seen = current;
  let timer: NodeJS.Timeout;
  let ended = false;
  const look = async (): Promise<void> => {
    const id = await currentVersionId(folder).catch(() => seen);
    if (id !== seen && !ended) {
      seen = id;
      await changed();
    }
    if (!ended) timer = setTimeout(() => void look(), pollMilliseconds).unref();
  };
  timer = setTimeout(() => void look(), pollMilliseconds).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
