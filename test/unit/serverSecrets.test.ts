import assert from "node:assert/strict";
import { filesFor } from "#model/files/catalog.ts";
import { renderFiles } from "#model/files/render.ts";
import { serverNames } from "#model/names.ts";
import type { ServerName } from "#model/names.ts";
import { testFacts } from "#test/fileFacts.ts";

/** What each server has one of: its login, its ring of token keys, and the user's key for the log that all write to. */
const common = ["database-password", "elasticsearch", "jwt-keys"];
/** What its own file may name besides; no other lies in its volume. */
const own: Readonly<Record<ServerName, readonly string[]>> = {
  filesystem: [],
  postgres: ["database-reader-password", "database-writer-password"],
  memory: ["encryption-keys", "embeddings"],
  compliance: ["database-fixer-password", "smtp", "slack"],
};

describe("the files of a server", () => {
  const rendered = renderFiles(testFacts());

  for (const name of serverNames) {
    it(`${name}: name its own secrets and no other's`, () => {
      const files = filesFor(name);
      const found = files.flatMap((file) =>
        [...rendered[file]!.matchAll(/file:\/run\/kilocode\/secrets\/([a-z-]+)/g)].map(
          ([, secret]) => secret!,
        ),
      );
      const allowed = [...common, ...own[name]];
      assert.deepEqual(
        found.filter((secret) => !allowed.includes(secret)),
        [],
      );
      for (const secret of common) assert.ok(found.includes(secret), secret);
      const others = serverNames.filter((other) => other !== name).map((other) => `${other}.json`);
      assert.deepEqual(
        files.filter((file) => others.includes(file)),
        [],
      );
    });
  }
});
