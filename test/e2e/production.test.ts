import assert from "node:assert/strict";
import { postgresIn } from "./postgresIn.ts";
import { TestStack } from "./stack.ts";

const production = {
  environment: "prod",
  acceptNoBackups: true,
  postgres: { memory: "1GB", cpus: 1 },
};

describe("a production stack beside a development stack", function () {
  this.timeout(900_000);
  let dev: TestStack;
  let prod: TestStack;

  before(async () => {
    dev = await TestStack.create();
    prod = await TestStack.create(production, "all");
    for (const stack of [dev, prod]) {
      const up = await stack.up();
      assert.equal(up.code, 0, up.output);
    }
    await postgresIn(prod, "INSERT INTO mcp.memory_items (memory_id, content) VALUES ('kept', 'row')");
  });
  after(async () => {
    prod.configure({ ...production, protect: false, acceptDataLoss: prod.name });
    await prod.up();
    await Promise.all([prod.remove(), dev.remove()]);
  });

  const row = () => postgresIn(prod, "SELECT content FROM mcp.memory_items WHERE memory_id = 'kept'");

  it("shares no object with it", async () => {
    const [ofDev, ofProd] = await Promise.all([dev.objects(), prod.objects()]);
    assert.ok(ofDev.length > 0 && ofProd.length > 0);
    assert.deepEqual(
      ofDev.filter((object) => ofProd.includes(object)),
      [],
    );
  });

  it("keeps its data tier running when it is taken down, and comes back with the same row and key", async () => {
    const keys = await prod.outputs<{ apiKeys: unknown; caCertificate: string }>();
    const whole = await prod.pulumi(["destroy", "--yes", "--skip-preview"]);
    assert.notEqual(whole.code, 0, "protected");
    assert.equal(await row(), "row");

    const servers = await prod.pulumi(["destroy", "--yes", "--skip-preview", "--exclude-protected"]);
    assert.equal(servers.code, 0, servers.output);
    assert.deepEqual(
      (await prod.objects()).filter((object) => object.startsWith("container")),
      [`container ${prod.prefix}-database`],
    );
    assert.equal(await row(), "row");

    const up = await prod.up();
    assert.equal(up.code, 0, up.output);
    const renewed = await prod.outputs<{ apiKeys: unknown; caCertificate: string }>();
    assert.deepEqual([renewed.apiKeys, renewed.caCertificate], [keys.apiKeys, keys.caCertificate]);
    const preview = await prod.pulumi(["preview", "--expect-no-changes"]);
    assert.equal(preview.code, 0, preview.output);
  });

  const refusals: Record<string, [config: Record<string, unknown>, id: RegExp]> = {
    "unprotected data": [{ protect: false }, /PROD_UNPROTECTED_DATA/],
    "no backups without saying so": [{ acceptNoBackups: false }, /PROD_NO_BACKUPS.*acceptNoBackups/],
    "publishing on all interfaces without host names": [
      { network: { publish: "0.0.0.0" } },
      /PROD_PUBLISHED_TO_ALL.*hostnames/s,
    ],
  };
  for (const [title, [config, message]] of Object.entries(refusals)) {
    it(`refuses ${title}, before anything changes`, async () => {
      const network = { portBase: prod.portBase, ...(config["network"] as object | undefined) };
      prod.configure({ ...production, ...config, network });
      const { code, output } = await prod.pulumi(["preview"]);
      prod.configure(production);
      assert.notEqual(code, 0);
      assert.match(output, message);
    });
  }
});
