import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a folder may import from: other folders of the house, and packages it must not touch. */
const rules: Record<string, { from: string[]; never?: RegExp }> = {
  model: { from: ["model"], never: /^(@pulumi\/|dockerode|pg$|undici|node:(https?|child_process|os)$)/ },
  settings: { from: ["settings", "model"] },
  providers: { from: ["providers", "model", "migrations"] },
  components: { from: ["components", "providers", "model", "settings"], never: /^(dockerode|pg$|undici)/ },
  gate: { from: ["gate", "providers", "model"], never: /^@pulumi\// },
  servers: { from: ["servers", "model"], never: /^@pulumi\// },
  connect: { from: ["connect", "model"], never: /^@pulumi\// },
  toolchain: { from: ["toolchain", "providers", "model", "settings"] },
};

/** Folders whose code must get everything as an argument. */
const deaf = ["model", "components", "gate"];
const surroundings = /process\.(env|cwd\b)|new pulumi\.Config|pulumi\.(getStack|getProject)\b/;

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly folder: string | undefined;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.parentPath.includes("node_modules"),
    )
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g);
  return [...found].map(([, specifier]) => ({
    file,
    specifier: specifier!,
    folder: folderOf(file, specifier!),
  }));
}

function folderOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return specifier.slice(1).split("/")[0];
  if (!specifier.startsWith(".")) return undefined;
  return normalize(join(dirname(file), specifier)).split("/")[0];
}

function violations(folder: string): string[] {
  const { from, never } = rules[folder]!;
  return sources(folder)
    .flatMap(importsOf)
    .filter((found) =>
      found.folder === undefined ? never?.test(found.specifier) === true : !from.includes(found.folder),
    )
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
}

describe("the house", () => {
  for (const folder of Object.keys(rules)) {
    it(`${folder}/ imports only what lies below it`, () => {
      assert.ok(sources(folder).length > 0, `${folder} holds no source`);
      assert.deepEqual(violations(folder), []);
    });
  }

  for (const folder of deaf) {
    it(`${folder}/ reads neither stack config nor environment nor working directory`, () => {
      const listening = sources(folder).filter((file) =>
        surroundings.test(readFileSync(join(root, file), "utf8")),
      );
      assert.deepEqual(listening, []);
    });
  }

  it("providers/ reads the environment only to find the Docker engine", () => {
    const listening = sources("providers").filter((file) =>
      surroundings.test(readFileSync(join(root, file), "utf8")),
    );
    assert.deepEqual(
      listening.filter((file) => !file.startsWith("providers/docker/")),
      [],
    );
  });

  it("no server imports another server", () => {
    const crossing = sources("servers")
      .flatMap(importsOf)
      .filter(({ file, specifier }) => {
        const own = file.split("/")[1];
        const target = specifier.startsWith("#servers/")
          ? specifier.split("/")[1]
          : normalize(join(dirname(file), specifier)).split("/")[1];
        const crosses = specifier.startsWith("#servers/") || specifier.startsWith(".");
        return (
          crosses && own !== "main.ts" && target !== own && target !== "runtime" && file.split("/").length > 2
        );
      });
    assert.deepEqual(crossing, []);
  });

  it("index.ts reads as a story of well under 100 lines", () => {
    assert.ok(readFileSync(join(root, "index.ts"), "utf8").split("\n").length < 100);
  });
});
