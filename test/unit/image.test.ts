import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runsOn } from "#providers/image/build.ts";
import { buildContext } from "#providers/image/context.ts";
import { moduleGraph } from "#providers/image/moduleGraph.ts";
import { packageClosure } from "#providers/image/packageClosure.ts";

describe("what goes into an image", () => {
  let root: string;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kilocode-image-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it("is every module that the entry reaches, and no other", () => {
    write(
      "servers/main.ts",
      `import { a } from "./a.ts";\nimport type { T } from "./types.ts";\nimport pg from "pg";`,
    );
    write(
      "servers/a.ts",
      `export { b } from "#model/b.ts";\nconst late = await import("@scope/late/deep.js");`,
    );
    write("model/b.ts", `import { readFileSync } from "node:fs";\nexport const b = readFileSync;`);
    write("servers/unused.ts", `import "never";`);
    assert.deepEqual(moduleGraph(root, ["servers/main.ts"]), {
      files: ["model/b.ts", "servers/a.ts", "servers/main.ts"],
      packages: ["@scope/late", "pg"],
    });
  });

  it("is the files of folders that a module reads", () => {
    write("servers/main.ts", `const folder = new URL("./rules/", import.meta.url);`);
    write("servers/rules/tls.yaml", "rules: []");
    write("servers/other/unread.yaml", "rules: []");
    assert.deepEqual(moduleGraph(root, ["servers/main.ts"]).files, [
      "servers/main.ts",
      "servers/rules/tls.yaml",
    ]);
  });

  it("holds the rules of the compliance server", () => {
    const { files } = buildContext("mcp");
    assert.ok(files.some(({ target }) => target === "servers/compliance/rules/access.yaml"));
  });

  it("is the packages as Node.js would find them, nested ones included", () => {
    const packages = {
      "node_modules/a": { version: "1.0.0", integrity: "sha512-a", dependencies: { b: "2", c: "1" } },
      "node_modules/b": { version: "1.0.0", integrity: "sha512-b1" },
      "node_modules/a/node_modules/b": {
        version: "2.0.0",
        integrity: "sha512-b2",
        peerDependencies: { c: "1" },
      },
      "node_modules/c": { version: "1.0.0", integrity: "sha512-c", optionalDependencies: { native: "1" } },
      "node_modules/native": { version: "1.0.0" },
    };
    write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }));
    assert.deepEqual(
      packageClosure(root, ["a"]).map(({ folder }) => folder),
      ["node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"],
    );
    assert.throws(() => packageClosure(root, ["absent"]), /absent is not in package-lock.json/);
  });

  it("is of native code only what the engine's machine runs", () => {
    const binding = (platform: string) => `bin/napi-v6/${platform}/onnxruntime_binding.node`;
    assert.deepEqual(
      ["linux/x64", "linux/arm64", "win32/x64", "darwin/arm64"].filter((each) =>
        runsOn(binding(each), "x64"),
      ),
      ["linux/x64"],
    );
    assert.ok(runsOn(binding("linux/arm64"), "arm64") && runsOn("dist/bin/index.js", "x64"));
    const { packageFolders } = buildContext("mcp");
    assert.ok(packageFolders.includes("node_modules/onnxruntime-node"));
    assert.ok(
      !packageFolders.some((folder) => /adm-zip|global-agent/.test(folder)),
      "needed to install only",
    );
  });

  it("has a hash that only its content decides", () => {
    assert.equal(buildContext("postgres").hash, buildContext("postgres").hash);
    assert.notEqual(buildContext("postgres").hash, buildContext("mcp").hash);
  });

  it("holds for the servers neither Pulumi nor a development tool", () => {
    const { packageFolders } = buildContext("mcp");
    assert.ok(packageFolders.includes("node_modules/pg"));
    // What only the threads of the log's sinks import, which are started by their path.
    for (const name of ["pino-socket", "pino-syslog", "pino-elasticsearch", "@elastic/elasticsearch"]) {
      assert.ok(packageFolders.includes(`node_modules/${name}`), name);
    }
    const unwanted = packageFolders.filter((folder) =>
      /@pulumi|@types|typescript$|mocha|borp|dockerode/.test(folder),
    );
    assert.deepEqual(unwanted, []);
  });
});
