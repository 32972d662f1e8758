import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrationManifest } from "#providers/migrations/manifest.ts";

describe("the manifest of migrations", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "manifest-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("lists this program's migrations in order, each number once", () => {
    const numbers = migrationManifest().map(({ name }) => Number(name.slice(0, 4)));
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((one, other) => one - other),
    );
  });

  it("has the same hash whatever the platform's line ends", () => {
    writeFileSync(join(folder, "0001_a.sql"), "SELECT 1;\nSELECT 2;\n");
    const unix = migrationManifest(folder);
    writeFileSync(join(folder, "0001_a.sql"), "SELECT 1;\r\nSELECT 2;\r\n");
    assert.deepEqual(migrationManifest(folder), unix);
  });

  it("refuses a file of another form, and a number used twice", () => {
    writeFileSync(join(folder, "1_a.sql"), "");
    assert.throws(() => migrationManifest(folder), /1_a\.sql is not called NNNN_name/);
    rmSync(join(folder, "1_a.sql"));
    writeFileSync(join(folder, "0001_a.sql"), "");
    writeFileSync(join(folder, "0001_b.sql"), "");
    assert.throws(() => migrationManifest(folder), /number of 0001_b/);
  });
});
