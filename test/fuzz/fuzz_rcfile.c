/* SPDX-License-Identifier: Apache-2.0
 *
 * rc files of any bytes: settings, or an error with a sentence.
 */
#include "cmd/ini.h"
#include "cmd/rcfile.h"
#include "test/fuzz/fuzz_target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct vt_optparse parse;
    struct vt_config config;
    struct vt_error err = {0};
    VT_REQUIRE(vt_optparse_read(&parse, &config, 0, NULL, NULL) == VT_OK);
    enum vt_status status =
        vt_rcfile_apply_text(&parse, (const char *)data, size, &err);
    VT_REQUIRE(status == VT_OK || err.text[0]);
    vt_optparse_fini(&parse);
    vt_config_fini(&config);
    return 0;
}
