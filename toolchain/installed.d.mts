export function stampOf(lockText: string, platform?: string): string;
/** True if npm's record of node_modules holds what the lock file asks for; both as JSON text. */
export function recordMatches(lockText: string, recordText: string): boolean;
/** True if node_modules in `root` is complete and is what package-lock.json says. */
export function isInstalled(root: string): boolean;
export function markInstalled(root: string): void;
