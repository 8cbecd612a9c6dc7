{{- define "cairn.name" -}}
{{- if contains "cairn" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-cairn" (.Release.Name | trunc 34 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "cairn.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "cairn.selector" -}}
app.kubernetes.io/name: cairn
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "cairn.labels" -}}
{{ include "cairn.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- /* The Deployments as {list: [{service, role, given, replicas, resources}]}: what api and worker say, then the service. */ -}}
{{- define "cairn.deployments" -}}
{{- $list := list -}}
{{- range $service, $given := .Values.services -}}
{{- range $role := ternary (list "api" "worker") (list "both") $.Values.split -}}
{{- $kind := ternary "worker" "api" (eq $role "worker") -}}
{{- $own := mergeOverwrite (deepCopy (index $.Values $kind)) (index $given $kind | default dict) -}}
{{- $list = append $list (dict "service" $service "role" $role "given" $given "replicas" $own.replicas "resources" $own.resources) -}}
{{- end -}}
{{- end -}}
{{- dict "list" $list | toYaml -}}
{{- end -}}

{{- define "cairn.env" -}}
- name: CAIRN_NATS_URL
{{- if .Values.nats.url }}
  value: {{ .Values.nats.url | quote }}
{{- else }}
  valueFrom: {secretKeyRef: {name: {{ .Values.nats.secret.name | quote }}, key: {{ .Values.nats.secret.key | quote }}}}
{{- end }}
- name: CAIRN_KEY_PEPPER
  valueFrom: {secretKeyRef: {name: {{ .Values.keys.secret.name | quote }}, key: {{ .Values.keys.secret.pepper | quote }}}}
{{- end -}}

{{- define "cairn.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "cairn.pod" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
{{- end -}}
