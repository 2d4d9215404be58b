/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens an address in the user's web browser: $BROWSER as Python's webbrowser reads it
 * (commands between colons, "%s" is the address), else xdg-open when there is a
 * display.
 *
 * The browser is nobody's child and writes to no terminal of ours.
 *
 * Threads:   no global state.
 */
#ifndef VT_CMD_BROWSER_H
#define VT_CMD_BROWSER_H

#include <stdbool.h>

/* False: there is none to open it with. */
bool vt_browser_open(const char *address);

#endif
