// Khronos' validator on GLB files: node validate_glb.mjs FILE... prints one JSON report per line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const validator = createRequire(new URL("../package.json", import.meta.url))("gltf-validator");

for (const file of process.argv.slice(2)) {
  const report = await validator.validateBytes(new Uint8Array(readFileSync(file)));
  console.log(JSON.stringify(report));
}
