"""bench - measurements, each beside its baseline"""
# SPDX-License-Identifier: Apache-2.0
