import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repository, run, type TestStack } from "./stack.ts";

/** A second checkout of the project, with the packages of this one. */
export class Checkout {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Checkout> {
    const folder = mkdtempSync(join(tmpdir(), "kilocode-checkout-"));
    const tracked = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
    for (const file of tracked.stdout.trim().split("\n")) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(repository, file), join(folder, file));
    }
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
    return new Checkout(folder);
  }

  /** Puts the stack's configuration where the npm scripts look for it. */
  adopt(stack: TestStack): void {
    writeFileSync(join(this.folder, `Pulumi.${stack.name}.yaml`), readFileSync(stack.configFile, "utf8"));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
