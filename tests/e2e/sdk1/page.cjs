// Opens a page's HTML with the scripts of an SDK's dist folder beside it; prints its console.
//
//   node page.cjs <node_modules> <version> < page.html
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");

const [modules, version] = process.argv.slice(2);
const { JSDOM, VirtualConsole } = require(path.join(modules, "jsdom"));
const folder = path.join(modules, `easemob-websdk-${version.replaceAll(".", "-")}`, "dist");

const said = new VirtualConsole();
for (const kind of ["log", "error"]) {
  said.on(kind, (...words) => process.stdout.write(JSON.stringify([kind, ...words]) + "\n"));
}
said.on("jsdomError", (error) => process.stderr.write(`${error}\n`));
new JSDOM(fs.readFileSync(0, "utf8"), {
  url: pathToFileURL(path.join(folder, "page.html")).href,
  runScripts: "dangerously",
  resources: "usable",
  pretendToBeVisual: true,
  virtualConsole: said,
});
