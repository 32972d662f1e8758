import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Which set of failed rules each channel was last told of; survives a restart. */
export class Told {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Channel to set. Empty where nothing was told, or the file cannot be read: then people are told once more. */
  async read(): Promise<Record<string, string>> {
    try {
      const value = JSON.parse(await readFile(this.#path, "utf8")) as unknown;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
      return Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
      );
    } catch {
      return {};
    }
  }

  async write(told: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(`${this.#path}.new`, JSON.stringify(told), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }
}
