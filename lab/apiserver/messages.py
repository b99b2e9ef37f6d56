"""messages - the fields of the kinds that the endpoint knows: number on the wire, name, type

One line for each message, as "number name type, ...". Types: s string, i integer,
b boolean, B bytes (base64 in JSON), t time, u time with microseconds, x integer or
string, q quantity, a anything (not looked into), or the name of another message;
[] is a list of them and {} a map from strings to them. A ? keeps a zero that was
sent, as for a pointer in Go; other zeros and empty strings mean "not set". The
lists are complete: what is not in them is a mistake of the sender.
"""
# SPDX-License-Identifier: Apache-2.0
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    number: int
    name: str
    type: str
    shape: str  # "", "[]" or "{}"
    keep_zero: bool


_TEXT = {
    "ObjectMeta": "1 name s, 2 generateName s, 3 namespace s, 4 selfLink s, 5 uid s, 6 resourceVersion s, "
                  "7 generation i, 8 creationTimestamp t, 9 deletionTimestamp t, 10 deletionGracePeriodSeconds i?, "
                  "11 labels s{}, 12 annotations s{}, 13 ownerReferences OwnerReference[], 14 finalizers s[], "
                  "17 managedFields a",
    "OwnerReference": "1 kind s, 3 name s, 4 uid s, 5 apiVersion s, 6 controller b?, 7 blockOwnerDeletion b?",
    "LabelSelector": "1 matchLabels s{}, 2 matchExpressions LabelRequirement[]",
    "LabelRequirement": "1 key s, 2 operator s, 3 values s[]",
    "Condition": "1 type s, 2 status s, 3 observedGeneration i, 4 lastTransitionTime t, 5 reason s, 6 message s",
    "Namespace": "1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status a",
    "NamespaceSpec": "1 finalizers s[]",
    "ConfigMap": "1 metadata ObjectMeta, 2 data s{}, 3 binaryData B{}, 4 immutable b?",
    "Secret": "1 metadata ObjectMeta, 2 data B{}, 3 type s, 4 stringData s{}, 5 immutable b?",
    "ServiceAccount": "1 metadata ObjectMeta, 2 secrets ObjectReference[], 3 imagePullSecrets LocalReference[], "
                      "4 automountServiceAccountToken b?",
    "LocalReference": "1 name s",
    "Service": "1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status ServiceStatus",
    "ServiceSpec": "1 ports ServicePort[], 2 selector s{}, 3 clusterIP s, 4 type s, 5 externalIPs s[], "
                   "7 sessionAffinity s, 8 loadBalancerIP s, 9 loadBalancerSourceRanges s[], 10 externalName s, "
                   "11 externalTrafficPolicy s, 12 healthCheckNodePort i, 13 publishNotReadyAddresses b, "
                   "14 sessionAffinityConfig SessionAffinityConfig, 17 ipFamilyPolicy s, 18 clusterIPs s[], "
                   "19 ipFamilies s[], 20 allocateLoadBalancerNodePorts b?, 21 loadBalancerClass s, "
                   "22 internalTrafficPolicy s, 23 trafficDistribution s",
    "ServicePort": "1 name s, 2 protocol s, 3 port i, 4 targetPort x, 5 nodePort i, 6 appProtocol s",
    "SessionAffinityConfig": "1 clientIP ClientIPConfig",
    "ClientIPConfig": "1 timeoutSeconds i",
    "ServiceStatus": "1 loadBalancer LoadBalancerStatus, 2 conditions Condition[]",
    "LoadBalancerStatus": "1 ingress LoadBalancerIngress[]",
    "LoadBalancerIngress": "1 ip s, 2 hostname s, 3 ipMode s, 4 ports PortStatus[]",
    "PortStatus": "1 port i, 2 protocol s, 3 error s",
    "Endpoints": "1 metadata ObjectMeta, 2 subsets a[]",
    "EndpointSlice": "1 metadata ObjectMeta, 2 endpoints Endpoint[], 3 ports EndpointPort[], 4 addressType s",
    "Endpoint": "1 addresses s[], 2 conditions EndpointConditions, 3 hostname s, 4 targetRef ObjectReference, "
                "5 deprecatedTopology s{}, 6 nodeName s, 7 zone s, 8 hints a",
    "EndpointConditions": "1 ready b?, 2 serving b?, 3 terminating b?",
    "EndpointPort": "1 name s, 2 protocol s, 3 port i, 4 appProtocol s",
    "Pod": "1 metadata ObjectMeta, 2 spec PodSpec, 3 status a",
    "PodTemplateSpec": "1 metadata ObjectMeta, 2 spec PodSpec",
    "PodSpec": "1 volumes a[], 2 containers Container[], 3 restartPolicy s, 4 terminationGracePeriodSeconds i?, "
               "5 activeDeadlineSeconds i, 6 dnsPolicy s, 7 nodeSelector s{}, 8 serviceAccountName s, "
               "9 serviceAccount s, 10 nodeName s, 11 hostNetwork b, 12 hostPID b, 13 hostIPC b, "
               "14 securityContext a, 15 imagePullSecrets LocalReference[], 16 hostname s, 17 subdomain s, "
               "18 affinity a, 19 schedulerName s, 20 initContainers Container[], "
               "21 automountServiceAccountToken b?, 22 tolerations Toleration[], 23 hostAliases a[], "
               "24 priorityClassName s, 25 priority i?, 26 dnsConfig a, 27 shareProcessNamespace b?, "
               "28 readinessGates a[], 29 runtimeClassName s, 30 enableServiceLinks b?, 31 preemptionPolicy s, "
               "32 overhead q{}, 33 topologySpreadConstraints a[], 34 ephemeralContainers a[], "
               "35 setHostnameAsFQDN b?, 36 os a, 37 hostUsers b?, 38 schedulingGates a[], 39 resourceClaims a[], "
               "40 resources a, 41 hostnameOverride s",
    "Container": "1 name s, 2 image s, 3 command s[], 4 args s[], 5 workingDir s, 6 ports ContainerPort[], "
                 "7 env EnvVar[], 8 resources Resources, 9 volumeMounts VolumeMount[], 10 livenessProbe a, "
                 "11 readinessProbe a, 12 lifecycle a, 13 terminationMessagePath s, 14 imagePullPolicy s, "
                 "15 securityContext a, 16 stdin b, 17 stdinOnce b, 18 tty b, 19 envFrom a[], "
                 "20 terminationMessagePolicy s, 21 volumeDevices a[], 22 startupProbe a, 23 resizePolicy a[], "
                 "24 restartPolicy s, 25 restartPolicyRules a[]",
    "ContainerPort": "1 name s, 2 hostPort i, 3 containerPort i, 4 protocol s, 5 hostIP s",
    "EnvVar": "1 name s, 2 value s, 3 valueFrom a",
    "Resources": "1 limits q{}, 2 requests q{}, 3 claims a[]",
    "VolumeMount": "1 name s, 2 readOnly b, 3 mountPath s, 4 subPath s, 5 mountPropagation s, 6 subPathExpr s, "
                   "7 recursiveReadOnly s",
    "Toleration": "1 key s, 2 operator s, 3 value s, 4 effect s, 5 tolerationSeconds i?",
    "Deployment": "1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status a",
    "DeploymentSpec": "1 replicas i?, 2 selector LabelSelector, 3 template PodTemplateSpec, "
                      "4 strategy DeploymentStrategy, 5 minReadySeconds i, 6 revisionHistoryLimit i?, 7 paused b, "
                      "8 rollbackTo a, 9 progressDeadlineSeconds i?",
    "DeploymentStrategy": "1 type s, 2 rollingUpdate RollingUpdate",
    "RollingUpdate": "1 maxUnavailable x, 2 maxSurge x",
    "DaemonSet": "1 metadata ObjectMeta, 2 spec DaemonSetSpec, 3 status a",
    "DaemonSetSpec": "1 selector LabelSelector, 2 template PodTemplateSpec, 3 updateStrategy DeploymentStrategy, "
                     "4 minReadySeconds i, 5 templateGeneration i, 6 revisionHistoryLimit i?",
    "ReplicaSet": "1 metadata ObjectMeta, 2 spec ReplicaSetSpec, 3 status a",
    "ReplicaSetSpec": "1 replicas i?, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 minReadySeconds i",
    "Binding": "1 metadata ObjectMeta, 2 target ObjectReference",
    "ObjectReference": "1 kind s, 2 namespace s, 3 name s, 4 uid s, 5 apiVersion s, 6 resourceVersion s, "
                       "7 fieldPath s",
    "Lease": "1 metadata ObjectMeta, 2 spec LeaseSpec",
    "LeaseSpec": "1 holderIdentity s, 2 leaseDurationSeconds i, 3 acquireTime u, 4 renewTime u, "
                 "5 leaseTransitions i?, 6 strategy s, 7 preferredHolder s",
    "Event": "1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason s, 4 message s, "
             "5 source EventSource, 6 firstTimestamp t, 7 lastTimestamp t, 8 count i, 9 type s, 10 eventTime u, "
             "11 series EventSeries, 12 action s, 13 related ObjectReference, 14 reportingComponent s, "
             "15 reportingInstance s",
    "EventSource": "1 component s, 2 host s",
    "EventSeries": "1 count i, 2 lastObservedTime u",
    "events.k8s.io/Event": "1 metadata ObjectMeta, 2 eventTime u, 3 series EventSeries, 4 reportingController s, "
                           "5 reportingInstance s, 6 action s, 7 reason s, 8 regarding ObjectReference, "
                           "9 related ObjectReference, 10 note s, 11 type s, 12 deprecatedSource EventSource, "
                           "13 deprecatedFirstTimestamp t, 14 deprecatedLastTimestamp t, 15 deprecatedCount i",
    "DeleteOptions": "1 gracePeriodSeconds i?, 2 preconditions Preconditions, 3 orphanDependents b?, "
                     "4 propagationPolicy s, 5 dryRun s[]",
    "Preconditions": "1 uid s, 2 resourceVersion s",
    "TokenRequest": "1 metadata ObjectMeta, 2 spec TokenSpec, 3 status a",
    "TokenSpec": "1 audiences s[], 3 boundObjectRef a, 4 expirationSeconds i",
    "SelfSubjectAccessReview": "1 metadata ObjectMeta, 2 spec AccessSpec, 3 status a",
    "AccessSpec": "1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes PathAttributes",
    "ResourceAttributes": "1 namespace s, 2 verb s, 3 group s, 4 version s, 5 resource s, 6 subresource s, 7 name s, "
                          "8 fieldSelector a, 9 labelSelector a",
    "PathAttributes": "1 path s, 2 verb s",
    "SelfSubjectRulesReview": "1 metadata ObjectMeta, 2 spec RulesSpec, 3 status a",
    "RulesSpec": "1 namespace s",
    "SelfSubjectReview": "1 metadata ObjectMeta, 2 status a",
    "RoleBinding": "1 metadata ObjectMeta, 2 subjects Subject[], 3 roleRef RoleRef",
    "ClusterRoleBinding": "1 metadata ObjectMeta, 2 subjects Subject[], 3 roleRef RoleRef",
    "Subject": "1 kind s, 2 apiGroup s, 3 name s, 4 namespace s",
    "RoleRef": "1 apiGroup s, 2 kind s, 3 name s",
    "Role": "1 metadata ObjectMeta, 2 rules PolicyRule[]",
    "ClusterRole": "1 metadata ObjectMeta, 2 rules PolicyRule[], 3 aggregationRule a",
    "PolicyRule": "1 verbs s[], 2 apiGroups s[], 3 resources s[], 4 resourceNames s[], 5 nonResourceURLs s[]",
}


def _field(text):
    number, name, kind = text.split()
    keep = kind.endswith("?")
    kind = kind.rstrip("?")
    shape = kind[-2:] if kind[-2:] in ("[]", "{}") else ""
    return Field(int(number), name, kind[:len(kind) - len(shape)], shape, keep)


BY_NAME = {message: {f.name: f for f in map(_field, re.split(r",\s*", text))} for message, text in _TEXT.items()}
BY_NUMBER = {message: {f.number: f for f in fields.values()} for message, fields in BY_NAME.items()}
GROUPS = {"", "apps", "discovery.k8s.io", "coordination.k8s.io", "events.k8s.io", "rbac.authorization.k8s.io",
          "authorization.k8s.io", "authentication.k8s.io", "meta.k8s.io", "policy"}


def of(api_version, kind):
    """The name of a kind's message, or None for a kind without one."""
    group = api_version.rpartition("/")[0]
    if kind == "Event" and group == "events.k8s.io":
        return "events.k8s.io/Event"
    return kind if kind in BY_NAME and group in GROUPS else None
