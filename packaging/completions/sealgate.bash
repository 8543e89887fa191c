# SPDX-License-Identifier: Apache-2.0
# bash completion for sealgate and sealgated. Commands and options come from their own --help, so that
# they are those of the installed version.

_sealgate_options() {
	"$@" --help 2> /dev/null | sed -n 's/^  \(-[^ ,]*\),\{0,1\} \{0,1\}\(--[a-z-]*\)\{0,1\}.*/\1 \2/p'
}

_sealgate_commands() {
	sealgate --help 2> /dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# The words of "NAME a|b|c" in the command's synopsis.
_sealgate_subcommands() {
	sealgate "$1" --help 2> /dev/null |
		sed -n "1s/^usage: sealgate $1 \([a-z|A-Z \.-]*\).*/\1/p" | tr '|' '\n' |
		sed -n 's/^\([a-z-]*\).*/\1/p'
}

_sealgate() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i command= sub=
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--config | --socket | --lang | --state-dir | --rules | --to | --key | --output | --reason | --counter | --host | --limit) ((i++)) ;;
		-*) ;;
		*)
			if [ -z "$command" ]; then
				command=${COMP_WORDS[i]}
			elif [ -z "$sub" ]; then
				sub=${COMP_WORDS[i]}
			fi
			;;
		esac
	done
	case $prev in
	--config | --socket)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--state-dir | --rules | --to)
		COMPREPLY=($(compgen -d -- "$cur"))
		return
		;;
	--lang)
		COMPREPLY=($(compgen -W "vi en" -- "$cur"))
		return
		;;
	--level)
		COMPREPLY=($(compgen -W "top-secret secret confidential internal none" -- "$cur"))
		return
		;;
	--failure)
		COMPREPLY=($(compgen -W "deadline crash unreadable pressure core-gone descriptors store" -- "$cur"))
		return
		;;
	--may-be)
		COMPREPLY=($(compgen -W "state-secret internal unknown" -- "$cur"))
		return
		;;
	--action)
		COMPREPLY=($(compgen -W "allow log notify justify block quarantine" -- "$cur"))
		return
		;;
	--status)
		COMPREPLY=($(compgen -W "new in-progress confirmed resolved false-positive ignored" -- "$cur"))
		return
		;;
	--out | --output | --key | --checkpoint)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--format)
		COMPREPLY=($(compgen -W "jsonl cef ecs ocsf rfc5424" -- "$cur"))
		return
		;;
	--group)
		COMPREPLY=($(compgen -W "day month level app user host channel action status rule file similar" -- "$cur"))
		return
		;;
	--unit)
		COMPREPLY=($(compgen -g -- "$cur"))
		return
		;;
	--channel)
		COMPREPLY=($(compgen -W "open exec receive browser-upload browser-paste at-rest" -- "$cur"))
		return
		;;
	esac
	if [ -z "$command" ]; then
		COMPREPLY=($(compgen -W "$(_sealgate_commands) $(_sealgate_options sealgate)" -- "$cur"))
	elif [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(_sealgate_options sealgate "$command")" -- "$cur"))
	elif [ -z "$sub" ] && [[ $command == @(courier|inventory|incidents|policy|rules|apps|quarantine) ]]; then
		COMPREPLY=($(compgen -W "$(_sealgate_subcommands "$command")" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _sealgate sealgate

_sealgated() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	if [ "${COMP_WORDS[COMP_CWORD - 1]}" = --config ]; then
		COMPREPLY=($(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -W "$(_sealgate_options sealgated)" -- "$cur"))
	fi
}
complete -o filenames -F _sealgated sealgated
