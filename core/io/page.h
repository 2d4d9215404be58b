/* SPDX-License-Identifier: Apache-2.0
 *
 * The viewer's page up to where the pieces of a report begin (core/io/html_layout.h):
 * viewer/web and engine.wasm in one html text, made by cmake/make_page.py and put into
 * a library of its own by the build.
 */
#ifndef VT_IO_PAGE_H
#define VT_IO_PAGE_H

extern const unsigned char vt_page[], vt_page_end[];

#endif
