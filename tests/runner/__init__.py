# runner - the parts of tests/run
# SPDX-License-Identifier: Apache-2.0
