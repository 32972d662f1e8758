/**
 * Runs `work` while no other process of this user holds the lock `file`; a holder that was killed is
 * replaced. `onWait` is called once, with the holder's pid, if there is something to wait for.
 */
export function withLock<T>(file: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T>;
