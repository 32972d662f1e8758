import assert from "node:assert/strict";
import fs from "node:fs";
import { completeLock, missingOptional, platformOf } from "#toolchain/lockFile.ts";

describe("package-lock.json", () => {
  it("lists every optional package, as npm ci demands", () => {
    const text = fs.readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
    assert.deepEqual(missingOptional(text), [], "run `node scripts/lock.ts` after `npm install`");
  });

  it("names no registry but the public one", () => {
    const text = fs.readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
    assert.doesNotMatch(text, /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/);
  });

  it("is completed with the platform that a name tells", () => {
    const lock = {
      packages: {
        "": {},
        "node_modules/x": { dev: true, optionalDependencies: { "@x/y-linux-x64-musl": "1.2.3" } },
      },
    };
    const completed = completeLock(JSON.stringify(lock));
    assert.deepEqual(missingOptional(completed), []);
    assert.deepEqual((JSON.parse(completed) as typeof lock).packages, {
      ...lock.packages,
      "node_modules/@x/y-linux-x64-musl": {
        version: "1.2.3",
        os: ["linux"],
        cpu: ["x64"],
        libc: ["musl"],
        dev: true,
        optional: true,
      },
    });
    assert.throws(() => platformOf("left-pad"), /not in its name/);
  });
});
