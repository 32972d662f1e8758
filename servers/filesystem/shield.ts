import { stat, statfs } from "node:fs/promises";
import type { Stats } from "node:fs";

/** Types of file systems that show the kernel's own state instead of files (linux/magic.h). */
const kernelFilesystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x1cd1, // devpts
  0x19800202, // mqueue
  0x62656570, // configfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0xcafe4a11, // bpf
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0xf97cff8c, // selinuxfs
]);

/**
 * What no name must lead to, however it was mounted: folders of the server itself, known by device and inode, and
 * file systems of the kernel.
 */
export class Shield {
  readonly #own: ReadonlySet<string>;

  private constructor(own: ReadonlySet<string>) {
    this.#own = own;
  }

  /** @param folders of the server itself; those that do not exist cannot be reached either */
  static async over(folders: readonly string[]): Promise<Shield> {
    const found = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)));
    return new Shield(new Set(found.filter((stats) => stats !== undefined).map(identity)));
  }

  /**
   * @param opened path of an open handle
   * @param entered whether the place lies on another file system than the one around it, or that is not known
   */
  async covers(opened: string, stats: Stats, entered: boolean): Promise<boolean> {
    if (this.#own.has(identity(stats))) return true;
    return entered && kernelFilesystems.has((await statfs(opened)).type);
  }
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
