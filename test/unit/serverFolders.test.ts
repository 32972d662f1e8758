import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { renderFiles } from "#model/files/render.ts";
import { serverNames } from "#model/names.ts";
import { imageEntries, serversFolder, volumeFolders } from "#model/serverFolders.ts";
import { testFacts } from "#test/fileFacts.ts";

describe("the project folder of the servers", () => {
  it("holds in the image what the Dockerfile copies there, and nothing else", () => {
    const dockerfile = readFileSync(new URL("../../images/mcp/Dockerfile", import.meta.url), "utf8");
    const copied = [...dockerfile.matchAll(/^COPY \S+ \/opt\/kilocode\/mcp-servers\/(\S+)$/gm)].map(
      ([, entry]) => entry!,
    );
    assert.deepEqual(copied.sort(), [...imageEntries].sort());
  });

  it("gives no folder to two servers, or to a server and the image", () => {
    const all = [...imageEntries, ...serverNames.flatMap((server) => volumeFolders[server])];
    assert.deepEqual(all, [...new Set(all)]);
  });

  for (const server of ["memory", "compliance"] as const) {
    it(`has a volume of the ${server} server for every folder that ${server}.json names below it`, () => {
      const text = renderFiles(testFacts())[`${server}.json`]!;
      const named = [...text.matchAll(/"\/opt\/kilocode\/mcp-servers\/([^"/]+)/g)].map(
        ([, folder]) => folder!,
      );
      assert.deepEqual([...new Set(named)].sort(), [...volumeFolders[server]].sort());
    });
  }

  it("is where mcp.json and .env say", () => {
    assert.match(
      renderFiles(testFacts())[".env"]!,
      new RegExp(`^KILOCODE_PROJECT_PATH=${serversFolder}$`, "m"),
    );
  });
});
