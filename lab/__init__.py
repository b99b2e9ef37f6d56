"""lab - a cluster in a box: an API endpoint, nodes, pods and a LAN"""
# SPDX-License-Identifier: Apache-2.0
