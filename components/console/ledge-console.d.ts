/** The console's files, made by build/console.ts when a component or a program is bundled. */
declare module "ledge:console" {
  const assets: readonly import("./assets.ts").PackedAsset[];
  export default assets;
}
