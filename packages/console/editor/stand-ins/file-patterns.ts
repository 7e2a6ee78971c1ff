/** Stands in for the file patterns of vscode-json-languageservice: documents here are found by their keys, elsewhere. */
export function createRegex(): RegExp {
  return /^(?!)/;
}
