import assert from "node:assert/strict";
import { buildFiles } from "#model/files/build.ts";
import { serverNames } from "#model/names.ts";
import { testFacts } from "#test/fileFacts.ts";

describe("log files", () => {
  it("logging.directory is the folder of each server's file and of the common one", () => {
    const values = buildFiles(testFacts());
    const { directory, file } = values.logging.logging;
    for (const server of serverNames) {
      assert.equal(values[server].logging.file, `${directory}/${server}.log`);
    }
    assert.equal(file.path, directory);
  });
});
