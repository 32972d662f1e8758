/** One mount of the process, as `/proc/self/mountinfo` has it (proc(5)). */
export interface Mount {
  /** Folder of the mounted file system that is the mount's root. */
  readonly root: string;
  readonly point: string;
  /** Of the mount, such as `ro`. */
  readonly options: readonly string[];
  readonly type: string;
  /** Of the file system, such as `memory` for a cgroup. */
  readonly superOptions: readonly string[];
}

export function parseMountInfo(text: string): Mount[] {
  return text.split("\n").flatMap((line): Mount[] => {
    // Between the options and the type stand optional fields, ended by a dash.
    const [before = "", after] = line.split(" - ", 2);
    const [, , , root, point, options] = before.split(" ");
    const [type, , superOptions] = after?.split(" ") ?? [];
    if (root === undefined || point === undefined || options === undefined || type === undefined) return [];
    return [
      {
        root: unescaped(root),
        point: unescaped(point),
        options: options.split(","),
        type,
        superOptions: superOptions?.split(",") ?? [],
      },
    ];
  });
}

/** What hides the others at `/` was mounted last. */
export function hasReadOnlyRoot(mounts: readonly Mount[]): boolean {
  return mounts.findLast(({ point }) => point === "/")?.options.includes("ro") === true;
}

/** Spaces and the like are written as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
