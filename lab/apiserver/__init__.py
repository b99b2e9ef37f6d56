"""apiserver - a small Kubernetes API endpoint that the real kubectl can use

Everything is kept in memory, by one thread and one event loop.
"""
# SPDX-License-Identifier: Apache-2.0
