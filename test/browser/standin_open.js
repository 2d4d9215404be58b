// SPDX-License-Identifier: Apache-2.0
// Answers for viewer/web/open.js in tests of the page alone: the reference in the engine's place.
import { ReferenceTrace } from "./reference.js";

export async function openServed() {
    const reply = await fetch("/standin.json");
    return new ReferenceTrace(await reply.json(), "standin.json");
}

/** @param {File} file */
export async function openFile(file) {
    return new ReferenceTrace(JSON.parse(await file.text()), file.name);
}
