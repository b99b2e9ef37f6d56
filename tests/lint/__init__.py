# lint - the gates that every change has to pass
# SPDX-License-Identifier: Apache-2.0
